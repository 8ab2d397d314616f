"""Those who analyse markets: by rules, and by a language model that is given what the rules have found."""
