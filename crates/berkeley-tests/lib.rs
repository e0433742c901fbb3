//! Nothing: the tests are those of the library. A package without a library cannot be packaged with the others.
