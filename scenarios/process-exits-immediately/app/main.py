print("bot ready")
