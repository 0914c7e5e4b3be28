import pdf2image

pdf2image.convert("chart.pdf")
