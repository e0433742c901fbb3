//! Filters, held against those of tcpdump.
