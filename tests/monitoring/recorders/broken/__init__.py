"""An app that breaks the watching of the site it is installed in."""
