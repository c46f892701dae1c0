from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0002_stage_tries_and_commits'),
    ]

    operations = [
        migrations.AddField(
            model_name='connection',
            name='lenient_integers',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='connection',
            name='partial_fields',
            field=models.JSONField(blank=True, default=list),
        ),
    ]
