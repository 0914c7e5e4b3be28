import gull


def report():
    import lantern
    import tidewords

    return tidewords.report(lantern)


print("ready")
