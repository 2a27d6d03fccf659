"""What people and machines see over HTTP. It reads views, it decides nothing."""
