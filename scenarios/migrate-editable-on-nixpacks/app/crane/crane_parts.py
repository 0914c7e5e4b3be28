HOOK = "iron"
