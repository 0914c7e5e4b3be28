SYNODIC_MONTH = 29.530588


def age(days_since_new_moon: float) -> float:
    return days_since_new_moon % SYNODIC_MONTH
