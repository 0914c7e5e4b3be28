import moon


def is_spring_tide(days_since_new_moon: float) -> bool:
    half = moon.SYNODIC_MONTH / 2
    return min(moon.age(days_since_new_moon) % half, half - moon.age(days_since_new_moon) % half) < 2
