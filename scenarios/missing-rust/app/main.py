import gauge
