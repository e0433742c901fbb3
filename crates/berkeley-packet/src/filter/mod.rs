//! Which packets are wanted: expressions like those of tcpdump, compiled to classic BPF.
