"""What all pages of the admin site share: the site, pages that save through verbs, and how things are shown."""
