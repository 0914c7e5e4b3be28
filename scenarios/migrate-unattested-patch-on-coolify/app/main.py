print("ahoy")
