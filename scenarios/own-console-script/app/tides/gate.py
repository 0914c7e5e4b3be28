def main():
    print("open")


if __name__ == "__main__":
    main()
