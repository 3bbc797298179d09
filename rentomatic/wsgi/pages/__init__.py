"""Pages for people: values become HTML, made from the templates beside this folder."""
