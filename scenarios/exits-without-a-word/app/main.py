def main():
    print("never called")
