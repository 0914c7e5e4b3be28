import harbourlamp

print("the lamp is", harbourlamp.COLOUR)
