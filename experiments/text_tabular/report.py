def write_report(folder):
    """Later."""
