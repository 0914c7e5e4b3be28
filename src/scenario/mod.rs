//! The scenario regression suite, a user of everything above.
