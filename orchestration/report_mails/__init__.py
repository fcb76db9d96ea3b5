"""Pages of the site by e-mail, on fixed days: the page as a PDF and its tables as a workbook, as its receiver may see them."""
