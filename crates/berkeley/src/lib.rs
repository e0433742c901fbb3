//! The socket core library.
