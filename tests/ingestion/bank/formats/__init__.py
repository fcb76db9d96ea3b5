"""The layouts of bank result files, on files made by hand and, where they are given, on other people's."""
