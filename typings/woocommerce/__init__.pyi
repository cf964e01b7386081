from woocommerce.api import API as API
