//! The native CRM store.
