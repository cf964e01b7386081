"""WooCommerce for Colisync."""

from colisync_woocommerce.connector import WooCommerceConnector

__all__ = ["WooCommerceConnector"]
