import redis

redis.ping("localhost", 6399)
