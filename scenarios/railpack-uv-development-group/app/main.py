import almanac
import moon

print(f"{almanac.FULL_MOONS_A_YEAR} full moons a year, {moon.SYNODIC_MONTH:.1f} days each")
