//! Capture files, held against capinfos and tcpdump.
