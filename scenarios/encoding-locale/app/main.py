print("high water at Åbo: 12:40")
