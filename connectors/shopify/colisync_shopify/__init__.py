"""The Shopify connector arrives with its issue: nothing here works yet."""
