"""What is said of a brand, in numbers: a day, a trend, a file for a spreadsheet."""
