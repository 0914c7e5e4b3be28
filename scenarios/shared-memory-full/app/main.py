from multiprocessing.shared_memory import SharedMemory

SIZE = 100 * 1024 * 1024

charts = SharedMemory(create=True, size=SIZE)
charts.buf[:] = bytes(SIZE)
print("charts are ready")
charts.close()
charts.unlink()
