from datetime import datetime
from zoneinfo import ZoneInfo

print("high water at", datetime.now(ZoneInfo("Atlantic/Faroe")))
