"""Files for finance and for customers, made from the published edition: XLSX, CSV, Parquet and PDF.

`declarations` says which sheets each kind of file has, and `queries` has the SQL of each sheet; `sheets` reads them as typed columns;
`cover` says what a file is of; `csv_files`, `xlsx_files`, `parquet_files` and `table_pdf` write them; `exporting` brings it together,
with the manifest. `agent_statement` and `bill` are what an agent or a customer is handed, over `pdf`, which knows fonts and pages
and no telecoms. `sending` hands files to the mail server. Debit requests to banks are not made here, and no figure is computed here
that the edition does not have.
"""
