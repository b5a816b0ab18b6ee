"""The same page as most would write it in Django: on the project's models and database, by nobody's clever means."""
