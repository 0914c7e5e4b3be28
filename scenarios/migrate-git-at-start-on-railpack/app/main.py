import subprocess

print(subprocess.run(["git", "--version"], check=True, capture_output=True, text=True).stdout)
