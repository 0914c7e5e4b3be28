import moon

print("a month has", round(moon.SYNODIC_MONTH), "days")
