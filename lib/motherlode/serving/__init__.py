"""What shapes the findings for those who read them."""
