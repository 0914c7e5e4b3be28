//! From a diagnosis to edits, a diff, and a proof.
