heights = []
print("mean height", sum(heights) / len(heights))
