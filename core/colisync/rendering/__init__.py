"""What people read: pages, notes, messages, joined PDFs."""
