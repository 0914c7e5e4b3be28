tide = "high"

match tide:
    case "high":
        print("sail")
