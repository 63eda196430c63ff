"""The pages for admins: each part is a module with its template."""
