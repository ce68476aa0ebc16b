"""What all tests share: hypothesis must not mind how busy the machine is."""

from hypothesis import HealthCheck, settings

settings.register_profile("arenatest", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("arenatest")
