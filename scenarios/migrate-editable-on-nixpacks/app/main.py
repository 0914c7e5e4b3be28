import crane_parts

print(crane_parts.HOOK)
