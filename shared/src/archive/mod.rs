//! The archive format: cells, entry names, zip records, composing, the manifest. Plain readers and writers; no AWS type.
