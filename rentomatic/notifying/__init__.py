"""`rentomatic notify`: reports changes of rooms to the webhooks of saved searches."""
