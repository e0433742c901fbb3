//! Every field of every capture, held against tshark.
