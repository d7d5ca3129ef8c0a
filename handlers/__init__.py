"""What a person can ask and be told; knows no chat library, no database, no exchange."""
