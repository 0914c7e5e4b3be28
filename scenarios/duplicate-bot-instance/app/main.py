from telegram.error import Conflict

raise Conflict("Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
