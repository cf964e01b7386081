"""The Prestashop connector arrives with its issue: nothing here works yet."""
