"""What depends on the kind of sample and of label."""
